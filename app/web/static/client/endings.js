// @ts-check
/**
 * What a close code means, in plain English, and whether another attempt may help.
 *
 * The table is that of the relay's `docs/endings.md`. `automatic` is narrower than `retry`: nobody should be
 * connected again who has left the page idle, or whose budget is used up, without being asked.
 */

/**
 * @typedef {object} ErrorBody the `error` of an `error` event
 * @property {string} type
 * @property {string | null} code
 * @property {string} message
 * @property {string | null} [param]
 * @property {string | null} [event_id]
 *
 * @typedef {object} Ending
 * @property {number} code the close code; 0 where no connection was tried: there was no ticket, or no use in it
 * @property {string} reason what the close frame said, or ""
 * @property {string} message a sentence for people
 * @property {boolean} retry whether another attempt may help
 * @property {boolean} automatic whether it may be made without asking
 * @property {ErrorBody | null} error what the last `error` event before the close said
 *
 * @typedef {object} Meaning
 * @property {string} message
 * @property {boolean} retry
 * @property {boolean} automatic
 */

/**
 * @param {string} message
 * @returns {Meaning}
 */
const never = (message) => ({ message, retry: false, automatic: false });

/**
 * @param {string} message
 * @returns {Meaning}
 */
const ifAsked = (message) => ({ message, retry: true, automatic: false });

/**
 * @param {string} message
 * @returns {Meaning}
 */
const again = (message) => ({ message, retry: true, automatic: true });

/** @type {Readonly<Record<number, Meaning>>} */
const MEANINGS = Object.freeze({
  0: ifAsked("No connection could be tried."),
  1000: never("The conversation has ended."),
  1001: again("The session has reached its end."),
  1002: never("The relay and this page do not understand each other."),
  1003: never("The relay does not take this kind of message."),
  1005: again("The connection was closed without a reason."),
  1006: again("The connection was lost, or the relay cannot be reached from this page."),
  1007: never("A message was not valid text."),
  1008: never("The relay's rules ended the session."),
  1009: never("A message was larger than the relay takes."),
  1011: again("The relay or the service behind it has failed."),
  1012: again("The relay is restarting."),
  1013: again("The service cannot be reached now, or is overloaded."),
  1015: again("The encrypted connection could not be made."),
  3000: never("The credential is missing, unknown, used up or expired."),
  3003: never("This is not allowed here."),
  3008: ifAsked("The session was idle for too long, or has reached its maximum duration."),
  4408: again("This page read too slowly."),
  4429: again("There are too many sessions or connections."),
});

const UNKNOWN = again("The connection was closed.");
const UNREACHED = ifAsked("The relay cannot be reached, or does not admit pages of this origin.");
const REFUSED_UPSTREAM = never("The service refused the relay. Its operator finds the reason in the log.");
const USED_UP = ifAsked("What this session may use is used up.");

/**
 * Say what the end of a connection means.
 * @param {number} code
 * @param {string} reason
 * @param {ErrorBody | null} error
 * @param {{begun?: boolean, reached?: boolean}} [circumstances] whether this connection's session had begun, and
 *   whether any connection of this client ever had one
 * @returns {Ending}
 */
export function explain(code, reason = "", error = null, { begun = true, reached = true } = {}) {
  const meaning = special(code, error, begun, reached) ?? MEANINGS[code] ?? UNKNOWN;
  return { code, reason, ...meaning, error };
}

/**
 * @param {number} code
 * @param {ErrorBody | null} error
 * @param {boolean} begun
 * @param {boolean} reached
 * @returns {Meaning | null}
 */
function special(code, error, begun, reached) {
  switch (code) {
    case 1006:
      return reached ? null : UNREACHED;
    case 1011:
      return error?.code === "upstream_refused" ? REFUSED_UPSTREAM : null;
    case 4429:
      return begun ? USED_UP : null;
    default:
      return null;
  }
}
