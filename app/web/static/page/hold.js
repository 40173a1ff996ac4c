// @ts-check
/**
 * Hold to talk: with a pointer on the button, or with the space key wherever it does nothing else.
 *
 * Who can hold nothing (a screen reader's click, the Enter key) presses once to begin and once to end.
 */

/** @typedef {import("../client/index.js").RealtimeRelayClient} Client */

const CONTROLS = "a, button, input, select, textarea, summary, [contenteditable], [role=button]";

/** The holding of one button. */
export class HoldToTalk {
  /** Whether the space key is down, and was pressed to talk. */
  #space = false;

  /**
   * @param {HTMLButtonElement} button
   * @param {Client} client
   * @param {() => boolean} wanted whether holding means talking now
   */
  constructor(button, client, wanted) {
    this.button = button;
    this.client = client;
    this.wanted = wanted;
    button.addEventListener("pointerdown", (event) => event.button === 0 && this.#press(event));
    button.addEventListener("pointerup", () => this.#end());
    button.addEventListener("pointercancel", () => this.#cancel());
    button.addEventListener("contextmenu", (event) => wanted() && event.preventDefault());
    document.addEventListener("keydown", (event) => this.#keyDown(event));
    document.addEventListener("keyup", (event) => this.#keyUp(event));
    window.addEventListener("blur", () => this.#end());
  }

  /**
   * Take a click on the button: one that no pointer and no space key made begins, or ends.
   * @param {MouseEvent} event
   */
  clicked(event) {
    if (event.detail === 0) {
      this.client.talking ? this.#end() : this.client.beginTalking();
    }
  }

  /** @param {PointerEvent} event */
  #press(event) {
    if (this.wanted()) {
      this.button.setPointerCapture(event.pointerId);
      this.client.beginTalking();
    }
  }

  #end() {
    this.client.talking && void this.client.endTalking();
  }

  #cancel() {
    this.client.talking && this.client.cancelTalking();
  }

  /** @param {KeyboardEvent} event */
  #keyDown(event) {
    if (event.key === "Escape") {
      this.#cancel();
    } else if (event.code === "Space") {
      this.#space = event.repeat ? this.#space : this.#isForTalking(event);
      this.#space && event.preventDefault();
      this.#space && !event.repeat && !this.client.talking && this.client.beginTalking();
    }
  }

  /** @param {KeyboardEvent} event */
  #keyUp(event) {
    if (event.code === "Space" && this.#space) {
      // Even if the turn was broken off meanwhile: some browsers would click the button now.
      event.preventDefault();
      this.#space = false;
      this.#end();
    }
  }

  /** @param {KeyboardEvent} event */
  #isForTalking({ target, ctrlKey, altKey, metaKey }) {
    if (ctrlKey || altKey || metaKey || !this.wanted()) {
      return false;
    }
    const control = target instanceof Element ? target.closest(CONTROLS) : null;
    return control === null || control === this.button;
  }
}
