// The page is readable without this. It adds: details beside the matrix, arrow keys, finding, words for what is pointed at.
// @ts-nocheck: the browser's types are no part of the project.
const root = document.documentElement;
root.classList.add("script");

const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/* Details of a migration, beside the matrix. */
const panel = document.getElementById("panel");
const panelTitle = document.getElementById("panel-title");
const panelBody = document.getElementById("panel-body");
let opener;

const hostName = (header) => {
  const copy = header.cloneNode(true);
  for (const small of all("small, b", copy)) small.remove();
  return copy.textContent.trim();
};

/** A copy whose ids do not repeat those of the page; references to findings become the findings. */
function copyOf(element) {
  const copy = element.cloneNode(true);
  copy.removeAttribute("id");
  for (const list of all("p.refs", copy)) {
    const facts = all("a", list).map(
      (link) => document.getElementById(link.hash.slice(1))?.querySelector(".fact")?.cloneNode(true) ?? link,
    );
    list.replaceWith(...facts);
  }
  return copy;
}

function show(link) {
  const cell = link.closest("td");
  const row = cell.parentElement;
  const column = row.closest("table").tHead.rows[0].cells[cell.cellIndex];
  const found = document.getElementById(link.hash.slice(1));
  if (found === null) return;
  panelTitle.replaceChildren();
  const mark = document.createElement("span");
  mark.className = `mark ${cell.className}`;
  panelTitle.append(mark, `${hostName(row.cells[0])} → ${hostName(column)}`);
  const verdict = document.createElement("p");
  verdict.className = "verdict";
  verdict.textContent = link.textContent;
  const alike = found.parentElement.querySelector("summary .who").cloneNode(true);
  const others = document.createElement("p");
  others.className = "soft alike";
  others.append("The same for: ", alike);
  panelBody.replaceChildren(verdict, copyOf(found), others);
  panelBody.scrollTop = 0;
  for (const other of all(".matrix .open")) other.classList.remove("open");
  cell.classList.add("open");
  panel.hidden = false;
  opener = link;
}

function close() {
  panel.hidden = true;
  for (const cell of all(".matrix .open")) cell.classList.remove("open");
  opener?.focus();
}

document.getElementById("panel-close").addEventListener("click", close);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !panel.hidden) close();
});

/* One stop for the Tab key in each matrix; arrow keys within. */
for (const table of all("table.matrix")) {
  table.setAttribute("role", "grid");
  const rows = [...table.tBodies[0].rows];
  const linkAt = (row, column) => rows[row]?.cells[column]?.querySelector("a") ?? undefined;
  const links = all("a", table);
  const last = rows.length;
  let current = links[0];
  for (const link of links) link.tabIndex = link === current ? 0 : -1;

  const go = (link) => {
    if (link === undefined) return;
    if (current !== undefined) current.tabIndex = -1;
    current = link;
    link.tabIndex = 0;
    link.focus();
    if (!panel.hidden) show(link);
  };
  /** The nearest cell in a direction; a host's own is passed over. */
  const step = (link, down, right) => {
    const cell = link.closest("td");
    let row = rows.indexOf(cell.parentElement) + down;
    let column = cell.cellIndex + right;
    while (row >= 0 && row < last && column >= 1 && column <= last) {
      const found = linkAt(row, column);
      if (found !== undefined) return found;
      row += down;
      column += right;
    }
    return undefined;
  };
  const edge = (link, whole, end) => {
    const own = whole ? links : all("a", link.closest("tr"));
    return end ? own.at(-1) : own[0];
  };
  const keys = {
    ArrowUp: (link) => step(link, -1, 0),
    ArrowDown: (link) => step(link, 1, 0),
    ArrowLeft: (link) => step(link, 0, -1),
    ArrowRight: (link) => step(link, 0, 1),
    Home: (link, event) => edge(link, event.ctrlKey, false),
    End: (link, event) => edge(link, event.ctrlKey, true),
  };
  const head = table.tHead.rows[0];
  const lit = (cell, on) => {
    cell.parentElement.cells[0].classList.toggle("lit", on);
    head.cells[cell.cellIndex].classList.toggle("lit", on);
  };
  table.addEventListener("keydown", (event) => {
    const link = event.target.closest("td a");
    if (link === null) return;
    if (event.key === " ") {
      event.preventDefault();
      link.click();
      return;
    }
    const to = keys[event.key]?.(link, event);
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  });
  table.addEventListener("click", (event) => {
    const link = event.target.closest("td a");
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (current !== undefined) current.tabIndex = -1;
    current = link;
    link.tabIndex = 0;
    show(link);
    panelTitle.focus();
  });
  for (const [begin, end] of [
    ["focusin", "focusout"],
    ["mouseover", "mouseout"],
  ])
    for (const [kind, on] of [
      [begin, true],
      [end, false],
    ])
      table.addEventListener(kind, (event) => {
        const cell = event.target.closest("td:not(.ways)");
        if (cell !== null) lit(cell, on);
      });
}

/* Drawings: one stop for the Tab key in each, arrow keys within, words for what is pointed at. */
const titleOf = (item) => item.querySelector("title")?.textContent ?? "";

for (const drawing of all("svg[role=list]")) {
  const items = all("[role=listitem]", drawing);
  for (const [at, item] of items.entries()) item.setAttribute("tabindex", at === 0 ? "0" : "-1");
  drawing.addEventListener("keydown", (event) => {
    const at = items.indexOf(event.target);
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const to = by === undefined ? undefined : items[at + by];
    if (at === -1 || to === undefined) return;
    event.preventDefault();
    items[at].setAttribute("tabindex", "-1");
    to.setAttribute("tabindex", "0");
    to.focus();
  });
}

for (const section of all("section.calls")) {
  const tell = section.querySelector(".tell");
  const say = (item) => {
    tell.hidden = item === null;
    if (item !== null) tell.textContent = titleOf(item);
  };
  for (const kind of ["mouseover", "focusin"])
    section.addEventListener(kind, (event) => say(event.target.closest("[role=listitem]")));
  for (const kind of ["mouseleave", "focusout"]) section.addEventListener(kind, () => say(null));
}

for (const drawing of all("svg.hasse")) {
  const light = (box) => {
    const related = box === null ? undefined : new Set(box.dataset.related.split(" "));
    drawing.classList.toggle("dim", related !== undefined);
    for (const one of all(".box", drawing))
      one.classList.toggle("lit", related?.has(one.dataset.node) ?? false);
    for (const line of all(".line", drawing))
      line.classList.toggle(
        "lit",
        (related?.has(line.dataset.upper) ?? false) && (related?.has(line.dataset.lower) ?? false),
      );
  };
  for (const kind of ["mouseover", "focusin"])
    drawing.addEventListener(kind, (event) => light(event.target.closest(".box")));
  for (const kind of ["mouseleave", "focusout"]) drawing.addEventListener(kind, () => light(null));
}

/* Registers: finding, and counting what is shown. */
for (const section of all("section.registers")) {
  const box = section.querySelector(".find-box");
  const found = section.querySelector(".found");
  const bodies = all("table.fields > tbody", section).map((body) => ({
    body,
    name: body.rows[0].textContent.toLowerCase(),
    rows: [...body.rows].slice(1).map((row) => ({ row, text: row.textContent.toLowerCase() })),
  }));
  const total = bodies.reduce((sum, { rows }) => sum + rows.length, 0);
  const update = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    section.classList.toggle("finding", words.length > 0);
    for (const { body, name, rows } of bodies) {
      for (const { row, text } of rows)
        row.hidden = !words.every((word) => text.includes(word) || name.includes(word));
      body.hidden = false;
    }
    // What remains is the stylesheet's to say; a register of which no field remains goes too.
    let many = 0;
    const seen = bodies.map(({ rows }) => {
      const shown = rows.filter(({ row }) => row.offsetParent !== null).length;
      many += shown;
      return shown;
    });
    for (const [at, { body, rows, name }] of bodies.entries()) {
      const named = words.length > 0 && words.every((word) => name.includes(word));
      body.hidden = seen[at] === 0 && (rows.length > 0 || words.length > 0) && !(named && rows.length === 0);
    }
    found.textContent = `${many} of ${total} lines`;
  };
  box.addEventListener("input", update);
  section.addEventListener("change", update);
  update();
}

/* On paper everything is open, and nothing lies over it. */
let opened = [];
addEventListener("beforeprint", () => {
  if (!panel.hidden) close();
  opened = all("details:not([open])");
  for (const one of opened) one.open = true;
});
addEventListener("afterprint", () => {
  for (const one of opened) one.open = false;
});

/* A link to findings opens what they lie in. */
const reveal = () => {
  const target =
    location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  const around = target?.closest("details");
  if (around) around.open = true;
};
addEventListener("hashchange", reveal);
reveal();
