// Makes of Inter what the app shows of it: the weights from regular to semi-bold, kerning and figures of one width. What its own texts
// are written in goes into one file, accented letters into another, which browsers load where one is shown. The ranges stand
// in `styles/app.css` as well. Called by `cargo xtask web` with the font to read and the two to write.
import { readFile, writeFile } from "node:fs/promises";
import subset from "subset-font";

const PLAIN = [[0x20, 0x7e], [0xa0, 0xa0], [0xa7, 0xa7], [0xb7, 0xb7], [0xd7, 0xd7], [0x2010, 0x2026], [0x20ac, 0x20ac], [0x2191, 0x2191], [0x2193, 0x2193], [0x2212, 0x2212]];
const ACCENTED = [[0xa1, 0xa6], [0xa8, 0xb6], [0xb8, 0xd6], [0xd8, 0xff]];
const OPTIONS = { targetFormat: "woff2", keepFeatures: ["kern", "tnum"], variationAxes: { wght: { min: 400, max: 600 } } };

const [from, plain, accented] = process.argv.slice(2);
const font = await readFile(from);
for (const [to, ranges] of [[plain, PLAIN], [accented, ACCENTED]]) {
  const letters = ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => String.fromCodePoint(first + index)));
  await writeFile(to, await subset(font, letters.join(""), OPTIONS));
}
