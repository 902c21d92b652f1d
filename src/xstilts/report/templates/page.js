"use strict";
// The details of cells, the view of languages, and copying. Everything is readable without it.
(() => {
  const facts = JSON.parse(document.getElementById("facts").textContent);
  const panel = document.getElementById("details");
  const DELAY = 350; // milliseconds that the pointer rests on a cell, or off it, before its details open or close

  const make = (tag, text = "", kind = "") => {
    const element = document.createElement(tag);
    element.textContent = text;
    if (kind) element.className = kind;
    return element;
  };

  const copier = (text, label = "copy") => {
    const button = make("button", label, "copy");
    button.onclick = async () => {
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "copied";
      } catch { // not every browser lets a page from disk do it
        getSelection().selectAllChildren(button.previousElementSibling);
        button.textContent = "selected";
      }
      setTimeout(() => { button.textContent = label; }, 1500);
    };
    return button;
  };
  const command = (text) => {
    const line = make("span", "", "command");
    line.append(make("code", text), copier(text));
    return line;
  };
  for (const line of document.querySelectorAll("span.command")) line.append(copier(line.textContent));

  // ---- details

  let cell = null; // the one that the panel is about
  let pinned = false; // opened on purpose, not by pointing
  let timer = 0;
  const digest = (text) => {
    const field = make("td");
    if (text) field.append(make("code", text.slice(0, 12)), copier(text));
    return field;
  };
  const seeds = (rows, score) => {
    const table = make("table");
    const titles = ["Seed", score, "State", "Checkpoint", "Predictions"].map((title) => make("th", title));
    table.createTHead().insertRow().append(...titles);
    for (const [seed, value, state, checkpoint, predictions] of rows) {
      const row = table.insertRow();
      row.append(make("th", seed), make("td", value), make("td", state), digest(checkpoint), digest(predictions));
    }
    return table;
  };
  const commands = (found) => {
    if (!found.files) return [facts.average];
    const around = (files, [label, before, after]) => [label, before + files + after];
    return found.missing ? [around(found.missing, facts.make)] : facts.commands.map((one) => around(found.files, one));
  };

  const fill = ({ base, recipe, target, language }) => {
    const all = facts.bases[base];
    const found = all.cells[recipe][target];
    const title = make("h2", `${recipe} on ${all.titles[target]}${language ? ` in ${facts.languages[language]}` : ""}`);
    title.id = "details-title";
    const close = make("button", "×", "close");
    close.ariaLabel = "Close";
    close.onclick = () => panel.hidePopover();
    const list = make("dl");
    const shown = language ? [...all.languages[recipe][target][language][2]] : [...found.facts];
    if (language) shown.push(["Examples", all.examples[target][language]]);
    else shown.push(...all.about[target]);
    for (const [label, text] of shown) list.append(label && make("dt", label), make("dd", text, label ? "" : "sub"));
    const runs = seeds(found.seeds, language ? "All languages" : "Score");
    panel.replaceChildren(make("p", `Base ${base}`, "eyebrow"), title, close, list, runs);
    for (const [label, text] of commands(found)) panel.append(make("p", label, "eyebrow"), command(text));
  };

  const place = () => {
    panel.removeAttribute("style");
    const at = cell.getBoundingClientRect();
    if (matchMedia("(max-width: 40rem)").matches) { // a sheet at the bottom; the cell stays above it
      scrollBy(0, Math.max(0, at.bottom + 8 - panel.getBoundingClientRect().top));
      return;
    }
    const { offsetWidth: width, offsetHeight: height } = panel;
    const lowest = innerHeight - height - 4;
    const rightmost = document.documentElement.clientWidth - width - 4;
    const above = at.top - 4 - height;
    const top = at.bottom + 4 <= lowest ? at.bottom + 4 : above >= 0 ? above : Math.max(4, lowest);
    const covers = top < at.bottom && top + height > at.top; // then it goes beside the cell
    const left = !covers ? at.left : at.right + 4 <= rightmost ? at.right + 4 : at.left - 4 - width;
    Object.assign(panel.style, { top: `${top}px`, left: `${Math.max(4, Math.min(left, rightmost))}px` });
  };

  const open = (asked, onPurpose) => {
    clearTimeout(timer);
    cell?.classList.remove("told");
    cell = asked;
    cell.classList.add("told");
    fill(cell.dataset);
    if (!panel.matches(":popover-open")) panel.showPopover({ source: cell });
    place();
    panel.scrollTop = 0;
    pinned = onPurpose;
    if (onPurpose) panel.focus({ preventScroll: true });
  };

  panel.addEventListener("beforetoggle", (event) => {
    if (event.newState !== "closed" || !cell) return;
    cell.classList.remove("told");
    if (panel.contains(document.activeElement)) cell.focus({ preventScroll: true });
  });

  document.addEventListener("click", (event) => {
    const asked = event.target.closest?.("button[data-recipe]");
    if (asked) open(asked, true);
  });

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    clearTimeout(timer);
    const asked = event.target.closest?.("button[data-recipe]");
    const isOpen = panel.matches(":popover-open");
    if (asked && !(isOpen && (pinned || asked === cell))) timer = setTimeout(open, DELAY, asked, false);
    else if (!asked && isOpen && !pinned && !panel.contains(event.target)) {
      timer = setTimeout(() => panel.hidePopover(), DELAY);
    }
  });

  panel.addEventListener("pointerdown", () => { pinned = true; });

  // ---- arrow keys go from cell to cell; Tab, past the table

  for (const table of document.querySelectorAll("table.grid")) {
    let current = table.querySelector("button");
    for (const button of table.querySelectorAll("button")) button.tabIndex = button === current ? 0 : -1;
    table.addEventListener("focusin", (event) => {
      if (event.target.tagName !== "BUTTON") return;
      current.tabIndex = -1;
      current = event.target;
      current.tabIndex = 0;
    });
    table.addEventListener("keydown", (event) => {
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!step || event.target.tagName !== "BUTTON") return;
      event.preventDefault();
      const { rows } = table.tBodies[0];
      let { cellIndex: column, parentElement: { sectionRowIndex: row } } = event.target.parentElement;
      let next;
      do next = rows[row += step[0]]?.cells[column += step[1]]; while (next?.matches(".none, .label"));
      next?.querySelector("button")?.focus();
    });
  }

  // ---- languages

  for (const view of document.querySelectorAll(".languages")) {
    const base = facts.bases[view.dataset.base];
    const { recipe, figure, order } = view.querySelector("form").elements;
    const body = view.querySelector("tbody");
    const [, label] = view.querySelectorAll("thead th");
    const [strong, said] = view.querySelector(".shown").childNodes;
    const draw = () => {
      const scores = figure.value === "score" || recipe.value === facts.baseline;
      for (const button of body.querySelectorAll("button")) {
        const { target, language } = button.dataset;
        const [level, gain] = base.languages[recipe.value][target][language];
        const [value, text, kind, heat] = scores ? level : gain;
        button.dataset.recipe = recipe.value;
        button.dataset.figure = scores ? "score" : "gain";
        button.dataset.value = value ?? "";
        button.firstElementChild.textContent = text;
        button.parentElement.className = `cell ${kind}${heat ? " heat" : ""}`;
        button.parentElement.style.setProperty("--a", heat || 0);
      }
      strong.textContent = recipe.value;
      said.textContent = scores ? ": scores in per cent" : `: differences to ${facts.baseline} in points`;
      view.classList.toggle("scores", scores);
    };
    const sort = () => {
      const places = (row) => base.rows[row.dataset.code][order.value];
      const rows = [...body.rows].sort((a, b) => places(a)[0] - places(b)[0]);
      let last = null;
      for (const row of rows) {
        const [, text] = places(row);
        row.cells[1].textContent = text;
        row.classList.toggle("first", order.value !== "pretraining" && last !== null && text !== last);
        last = text;
      }
      label.textContent = facts.orders[order.value];
      body.append(...rows);
    };
    for (const [choice, act] of [[recipe, draw], [figure, draw], [order, sort]]) choice.addEventListener("change", act);
  }

  document.documentElement.classList.add("lively"); // shows what only works with this script
})();
