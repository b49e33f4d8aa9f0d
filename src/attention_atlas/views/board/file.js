/** Starts the board of a single file: its data stands in the JSON before this script. */

/** @param {string} selector @returns {any} */
const found = (selector) => document.querySelector(selector);

const data = JSON.parse(found('script[type="application/json"]').textContent);
const { load } = await import(URL.createObjectURL(new Blob([data.loader], { type: "text/javascript" })));
const { module } = await load(data.packed);
const { fileBoard } = await module("board/file-board.js");
fileBoard({ main: found("main"), data, module });

export {};
