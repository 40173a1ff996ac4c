// @ts-check
/**
 * A list whose members say behind whom they stand, and may come before those.
 *
 * Who names nobody, or somebody who is not there, stands last until that one comes.
 */

import { Recent } from "./bounded.js";

/** Members that wait for the same one, which is one as a rule. */
const MOST_WAIT = 16;

/** @template {{id: string}} T */
export class Order {
  /** @type {T[]} */
  list = [];
  /** @type {Recent<string, string[]>} who stands behind one that is not there yet */
  #behind;
  /** @type {Recent<string, string>} whom each member stands behind */
  #previous;
  /** @type {Recent<string, string>} members that go by another id as well */
  #alias;

  /** @param {number} most members of which it is remembered where they stand */
  constructor(most) {
    [this.#behind, this.#previous, this.#alias] = [new Recent(most), new Recent(most), new Recent(most)];
  }

  /**
   * @param {string} id
   * @returns {T | null}
   */
  find(id) {
    const own = this.#alias.get(id) ?? id;
    return this.list.find((each) => each.id === own) ?? null;
  }

  /**
   * Let a member be known by another id too.
   * @param {string} other
   * @param {string} id
   */
  alias(other, id) {
    this.#alias.set(other, id);
  }

  /**
   * Put a member where it stands; one that is there moves.
   * @param {T} member
   * @param {string | null | undefined} previous whom it stands behind
   * @returns {T}
   */
  place(member, previous) {
    const before = previous ? this.find(previous) : null;
    this.#note(member, before?.id ?? previous);
    if (!this.list.includes(member)) {
      this.list.push(member);
      this.#follow(member);
    }
    if (before) {
      this.#move(member, before);
    } else if (previous) {
      this.#behind.set(previous, [...(this.#behind.get(previous) ?? []), member.id].slice(-MOST_WAIT));
    }
    return member;
  }

  /** @param {string} id */
  remove(id) {
    this.list = this.list.filter((each) => each.id !== id);
  }

  /**
   * @param {T} member
   * @param {string | null | undefined} previous
   */
  #note(member, previous) {
    if (previous) {
      this.#previous.set(member.id, previous);
    }
  }

  /**
   * Move a member, and those who stand behind it with it.
   * @param {T} member
   * @param {T} before
   */
  #move(member, before) {
    const moved = this.#run(member);
    if (!moved.includes(before)) {
      const others = this.list.filter((each) => !moved.includes(each));
      others.splice(others.indexOf(before) + 1, 0, ...moved);
      this.list = others;
    }
  }

  /**
   * @param {T} member
   * @returns {T[]} it, and each behind it that says so
   */
  #run(member) {
    const first = this.list.indexOf(member);
    let end = first + 1;
    while (end < this.list.length && this.#previous.get(this.list[end].id) === this.list[end - 1].id) {
      end++;
    }
    return this.list.slice(first, end);
  }

  /**
   * Bring up those who have waited for this one.
   * @param {T} member
   */
  #follow(member) {
    const waiting = this.#behind.get(member.id) ?? [];
    this.#behind.delete(member.id);
    waiting.map((id) => this.find(id)).forEach((each) => each && this.#move(each, member));
  }
}
