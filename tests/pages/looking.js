// What a reader's eye would catch, measured from rectangles: run inside a page whose window is as tall as the page.
() => {
  const round = (value) => Math.round(value * 10) / 10;
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const words = (node) => node.textContent.trim().replace(/\s+/g, " ").slice(0, 60);
  const rgba = (colour) => {
    const parts = colour.match(/[\d.]+/g);
    if (!parts || colour === "none") return [0, 0, 0, 0];
    const [red, green, blue, alpha = 1] = parts.map(Number);
    return colour.startsWith("color(") ? [red * 255, green * 255, blue * 255, alpha] : [red, green, blue, alpha];
  };
  const over = (top, bottom) => [0, 1, 2].map((i) => top[i] * top[3] + bottom[i] * (1 - top[3])).concat([1]);
  const luminance = (colour) => {
    const [red, green, blue] = colour.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const canvasOf = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    return layers.reverse().reduce((below, layer) => over(layer, below), dark ? [18, 18, 18, 1] : [255, 255, 255, 1]);
  };
  const inside = (inner, outer, slack) =>
    inner.left >= outer.left - slack && inner.right <= outer.right + slack &&
    inner.top >= outer.top - slack && inner.bottom <= outer.bottom + slack;

  const clipped = [], overlapping = [], faint = [], tiny = [];
  let lettering = 0, least = null;
  for (const svg of document.querySelectorAll("svg[role=img], figure svg")) {
    if (!shown(svg)) continue;
    const frame = svg.getBoundingClientRect();
    if (frame.width < 60) continue;
    const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim() && shown(text));
    const rects = texts.map((text) => text.getBoundingClientRect());
    const home = svg.closest("section, li, figure");
    const where = words(home?.querySelector("h2, h3, figcaption") || svg);
    texts.forEach((text, at) => {
      lettering += 1;
      const rect = rects[at];
      if (!inside(rect, frame, 1.5)) clipped.push({ where, text: words(text), by: round(Math.max(frame.left - rect.left, rect.right - frame.right, frame.top - rect.top, rect.bottom - frame.bottom)) });
      const style = getComputedStyle(text);
      const size = parseFloat(style.fontSize) * (text.getScreenCTM()?.d ?? 1);
      if (Math.abs(size) < 9) tiny.push({ where, text: words(text), px: round(Math.abs(size)) });
      const middle = [(rect.left + rect.right) / 2, (rect.top + rect.bottom) / 2];
      const stack = document.elementsFromPoint(...middle);
      let ground = canvasOf(svg);
      for (const element of stack.slice(0, stack.indexOf(svg)).reverse()) {
        if (element === text || text.contains(element) || !svg.contains(element) || element.tagName === "text") continue;
        const painted = getComputedStyle(element);
        const fill = rgba(painted.fill);
        fill[3] *= parseFloat(painted.fillOpacity) * parseFloat(painted.opacity);
        if (painted.fill !== "none" && !painted.fill.startsWith("url")) ground = over(fill, ground);
      }
      const ink = rgba(style.fill);
      ink[3] *= parseFloat(style.fillOpacity) * parseFloat(style.opacity);
      const ratio = contrast(over(ink, ground), ground);
      least = Math.min(least ?? Infinity, ratio);
      if (ratio < 4.5) faint.push({ where, text: words(text), ratio: round(ratio) });
    });
    for (let one = 0; one < texts.length; one += 1)
      for (let other = one + 1; other < texts.length; other += 1) {
        const wide = Math.min(rects[one].right, rects[other].right) - Math.max(rects[one].left, rects[other].left);
        const high = Math.min(rects[one].bottom, rects[other].bottom) - Math.max(rects[one].top, rects[other].top);
        const lower = Math.min(rects[one].height, rects[other].height);
        if (wide > 1.5 && high > Math.max(2, lower * 0.25))
          overlapping.push({ where, text: `${words(texts[one])} | ${words(texts[other])}`, by: `${round(wide)}x${round(high)}` });
      }
  }
  const cut = [], spilling = [], lines = [];
  const scrolls = (box) => ["auto", "scroll"].includes(getComputedStyle(box).overflowX);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const home = node.parentElement;
    if (!node.textContent.trim() || home.closest("svg, style, script, .vh, .skip") || !shown(home)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      if (rect.width < 1) continue;
      let block = home;
      while (getComputedStyle(block).display.startsWith("inline") && !getComputedStyle(block).display.includes("-")) block = block.parentElement;
      const own = block.getBoundingClientRect();
      if (!scrolls(block) && (rect.right > own.right + 1.5 || rect.left < own.left - 1.5))
        spilling.push({ text: words(node), by: round(Math.max(rect.right - own.right, own.left - rect.left)) });
      const scroller = home.closest(".scroll, .printed");
      const view = scroller ? scroller.getBoundingClientRect() : { left: -Infinity, right: Infinity };
      const [left, right] = [Math.max(rect.left, view.left), Math.min(rect.right, view.right)];
      // letters take the middle of their line
      if (right - left > 2) lines.push({ node, left, right, top: rect.top + rect.height * 0.25, bottom: rect.bottom - rect.height * 0.25 });
      for (let box = home; box; box = box.parentElement) {
        const style = getComputedStyle(box);
        if (scrolls(box)) break;
        const edge = box.getBoundingClientRect();
        if ((style.overflowX === "hidden" || box === document.documentElement) && (rect.right > edge.right + 1.5 || rect.left < edge.left - 1.5)) {
          cut.push({ text: words(node), by: round(Math.max(rect.right - edge.right, edge.left - rect.left)) });
          break;
        }
      }
    }
  }
  lines.sort((one, other) => one.top - other.top);
  lines.forEach((one, at) => {
    for (let next = at + 1; next < lines.length && lines[next].top < one.bottom - 2; next += 1) {
      const other = lines[next], wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      if (other.node !== one.node && wide > 2 && Math.min(one.bottom, other.bottom) - other.top > 2)
        overlapping.push({ text: `${words(one.node)} | ${words(other.node)}`, by: round(wide) });
    }
  });
  return {
    width: document.documentElement.scrollWidth,
    nodes: document.querySelectorAll("*").length,
    h1: document.querySelectorAll("h1").length,
    scripts: document.querySelectorAll("script, [onerror], [onload], [onclick]").length,
    contrast: least && round(least), lettering, clipped, overlapping, faint, tiny, cut, spilling,
  };
}
