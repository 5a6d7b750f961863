const CODES = { red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, bold: 1, dim: 2 };

/** A colour or weight of text in a terminal. */
export type Paint = (text: string, colour: keyof typeof CODES) => string;

/** Paints for a terminal that shows colours. */
export const colourful: Paint = (text, colour) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;

/** Paints nothing. */
export const plain: Paint = (text) => text;
