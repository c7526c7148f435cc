// Buttons that sort tables. Without scripts the tables are what they are; nothing else needs this.
(() => {
  "use strict";
  const WORDS = {
    sv: {
      sort: "sortera", ascending: "stigande", descending: "fallande", original: "ursprunglig ordning",
      totals: ["totalt", "summa", "hela staden", "samtliga", "alla"],
    },
    en: {
      sort: "sort", ascending: "ascending", descending: "descending", original: "original order",
      totals: ["total", "sum", "whole city", "all"],
    },
  };
  const lang = (document.documentElement.lang || "en").slice(0, 2) === "sv" ? "sv" : "en";
  const words = WORDS[lang];
  const collator = new Intl.Collator(lang, { numeric: true, sensitivity: "base" });

  // what a reader sees of a cell, without the marks of its footnotes
  const text = (cell) => {
    const copy = cell.cloneNode(true);
    copy.querySelectorAll("sup, .screen-reader-only").forEach((mark) => mark.remove());
    return copy.textContent.replace(/\s+/g, " ").trim();
  };

  // the first number of a cell; NaN where it is hidden ("..", "<30") or missing
  const number = (said) => {
    let plain = said.replace(/[\u2212\u2012]/g, "-");
    plain = lang === "sv"
      ? plain.replace(/(\d)[\s\u00a0\u202f](?=\d{3}(?!\d))/g, "$1").replace(/(\d),(?=\d)/g, "$1.")
      : plain.replace(/(\d),(?=\d{3}(?!\d))/g, "$1");
    const found = /^[▲▼*\s]*([+-]?\d+(?:\.\d+)?)/.exec(plain);
    return found ? Number(found[1]) : NaN;
  };
  const hidden = (said) => /^(?:|[-–—]|\.\.|…|<\s?\d+)$/.test(said);

  const isTotal = (row) => {
    const said = text(row.cells[0]).toLowerCase();
    return words.totals.some((word) => said === word || said.startsWith(word + " "));
  };

  // rows between two headings of a table, in the order in which they were printed
  const groups = (table, width) => {
    const made = [];
    for (const body of table.tBodies) {
      let group = null;
      for (const row of body.rows) {
        if (row.cells.length !== width) {
          group = null;
        } else {
          if (!group) made.push(group = { body, rows: [] });
          group.rows.push(row);
        }
      }
    }
    return made;
  };

  const compare = (a, b, numeric, sign) => {
    if (a.hidden !== b.hidden) return a.hidden ? 1 : -1;
    if (a.hidden) return a.at - b.at;
    const by = numeric ? a.number - b.number : collator.compare(a.said, b.said);
    return sign * by || a.at - b.at;
  };

  const arrange = (group, column, order, numeric) => {
    const keys = group.rows.map((row, at) => {
      const said = text(row.cells[column]);
      return { row, at, said, number: number(said), hidden: hidden(said), total: isTotal(row) };
    });
    const loose = keys.filter((key) => !key.total);
    if (order) loose.sort((a, b) => compare(a, b, numeric, order === "ascending" ? 1 : -1));
    // a total stays on the line where it was printed
    const wanted = keys.map((key) => (key.total ? key : loose.shift()).row);
    const last = group.rows.reduce((a, b) => (a.rowIndex > b.rowIndex ? a : b));
    const after = document.createComment("");
    group.body.insertBefore(after, last.nextSibling);
    wanted.forEach((row) => row.remove());
    wanted.forEach((row) => group.body.insertBefore(row, after));
    after.remove();
  };

  const status = document.createElement("div");
  status.setAttribute("role", "status");
  status.className = "screen-reader-only";

  const prepare = (table) => {
    const head = table.tHead && table.tHead.rows[table.tHead.rows.length - 1];
    if (!head || table.querySelector("tbody [rowspan]:not([rowspan='1'])")) return;
    const heads = [...head.cells];
    const width = heads.length;
    if (heads.some((cell) => cell.colSpan !== 1) || table.tHead.querySelector("[rowspan='2']")) return;
    const parts = groups(table, width);
    if (!parts.some((part) => part.rows.filter((row) => !isTotal(row)).length > 1)) return;
    heads.forEach((cell, column) => {
      const name = text(cell);
      if (!name) return;
      const said = parts.flatMap((part) => part.rows.map((row) => text(row.cells[column])));
      const told = said.filter((one) => !hidden(one));
      const numeric = column > 0 && told.length > 0 && told.every((one) => !Number.isNaN(number(one)));
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.title = words.sort;
      // links of footnotes stay beside the button: a button may hold no link
      const marks = [...cell.querySelectorAll("sup")];
      marks.forEach((mark) => mark.remove());
      button.append(...cell.childNodes);
      cell.append(button, ...marks);
      button.addEventListener("click", () => {
        const now = cell.getAttribute("aria-sort");
        const next = { ascending: "descending", descending: null }[now];
        const order = now ? next : "ascending";
        heads.forEach((one) => one.removeAttribute("aria-sort"));
        if (order) cell.setAttribute("aria-sort", order);
        parts.forEach((part) => arrange(part, column, order, numeric));
        status.textContent = name + ": " + (order ? words[order] : words.original);
      });
    });
  };

  const start = () => {
    const main = document.querySelector("main") || document.body;
    main.append(status);
    main.querySelectorAll("table").forEach(prepare);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
