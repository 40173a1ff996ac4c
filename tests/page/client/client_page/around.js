/** What a frontend has of its own, around the lines of the README. */

const button = document.querySelector("button");
const write = (id, words) => (document.getElementById(id).textContent = words);
const draw = (entries) => write("said", entries.map(({ kind, text }) => `${kind}: ${text}`).join("\n"));
const show = (...words) => document.getElementById("shown").append(`${words.filter(Boolean).join(" ")}; `);
document.body.dataset.ready = "true";

