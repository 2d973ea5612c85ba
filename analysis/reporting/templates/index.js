(() => {
  const find = document.querySelector("form.find");
  find.hidden = false;
  find.addEventListener("submit", (event) => event.preventDefault());
  const words = find.querySelector("input"), state = find.querySelector("select"), told = find.querySelector("output");
  const entries = [...document.querySelectorAll(".report-entry")], cells = new Map();
  for (const cell of document.querySelectorAll(".glance td[data-for]")) cells.set(cell.dataset.for, cell);
  const units = [...document.querySelectorAll("details.unit-reports")].map((home) => ({ home, open: home.open }));
  const search = () => {
    const asked = words.value.trim().toLowerCase().split(/\s+/).filter(Boolean), wanted = state.value;
    const filtered = asked.length > 0 || wanted !== "";
    let shown = 0;
    for (const entry of entries) {
      const fits = (wanted === "" || entry.dataset.state.split(" ").includes(wanted)) &&
        asked.every((word) => entry.dataset.words.includes(word));
      entry.hidden = !fits;
      cells.get(entry.dataset.id)?.classList.toggle("aside-cell", !fits);
      shown += fits;
    }
    for (const { home, open } of units) {
      const any = home.querySelector(".report-entry:not([hidden])") !== null;
      home.hidden = !any;
      home.open = filtered ? any : open;
      const row = document.getElementById("row-" + home.id);
      if (row) row.hidden = !any;
    }
    told.textContent = filtered ? told.dataset.words.replace("{n}", shown).replace("{all}", entries.length) : "";
  };
  words.addEventListener("input", search);
  state.addEventListener("change", search);
})();
