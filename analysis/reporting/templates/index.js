(() => {
  const find = document.querySelector("form.find");
  find.hidden = false;
  find.addEventListener("submit", (event) => event.preventDefault());
  const words = find.querySelector("input"), state = find.querySelector("select"), told = find.querySelector("output");
  const entries = new Map([...document.querySelectorAll(".report-entry")].map((entry) => [entry.dataset.id, entry]));
  const heads = [...document.querySelectorAll(".glance thead th")].map((head) => head.textContent);
  const reports = [...document.querySelectorAll(".glance td[data-for]")].map((cell) => {
    const entry = entries.get(cell.dataset.for), row = cell.parentElement;
    const said = [row.cells[0].textContent, heads[cell.cellIndex], cell.dataset.for, entry ? entry.textContent : ""];
    return { cell, entry, row, states: cell.dataset.state.split(" "), said: said.join(" ").toLowerCase() };
  });
  const units = [...document.querySelectorAll("details.unit-reports")].map((home) => ({ home, open: home.open }));
  const search = () => {
    const asked = words.value.trim().toLowerCase().split(/\s+/).filter(Boolean), wanted = state.value;
    const filtered = asked.length > 0 || wanted !== "", rows = new Set();
    let shown = 0;
    for (const { cell, entry, row, states, said } of reports) {
      const fits = (wanted === "" || states.includes(wanted)) && asked.every((word) => said.includes(word));
      cell.classList.toggle("aside-cell", !fits);
      if (entry) entry.hidden = !fits;
      if (fits) rows.add(row.id);
      shown += fits;
    }
    for (const { row } of reports) row.hidden = !rows.has(row.id);
    for (const { home, open } of units) {
      const any = home.querySelector(".report-entry:not([hidden])") !== null;
      home.hidden = !any;
      home.open = filtered ? any : open;
    }
    told.textContent = filtered ? told.dataset.words.replace("{n}", shown).replace("{all}", reports.length) : "";
  };
  words.addEventListener("input", search);
  state.addEventListener("change", search);
  const unfold = () => {
    const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (named instanceof HTMLDetailsElement) named.open = true;
  };
  addEventListener("hashchange", unfold);
  unfold();
})();
