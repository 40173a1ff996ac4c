/** Write one line of JSON into the page. @param {object} line */
export function tell(line) {
  const paragraph = document.createElement("p");
  paragraph.textContent = JSON.stringify(line);
  document.body.append(paragraph);
}
