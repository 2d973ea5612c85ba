// The characters of a page that no font here has, each drawn and held against a character that Unicode does not know.
() => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 32;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.font = `20px ${getComputedStyle(document.body).fontFamily}`;
  const drawn = (character) => {
    pen.clearRect(0, 0, 32, 32);
    pen.fillText(character, 4, 24);
    return pen.getImageData(0, 0, 32, 32).data.join();
  };
  const boxes = new Set(["\u0378", "\uffff"].map(drawn));
  const words = [...new Set(document.documentElement.textContent)];
  return words.filter((one) => !/[\s\p{Cc}\p{Cf}\p{M}]/u.test(one) && boxes.has(drawn(one))).join("");
}
