/** `maxOutputBytes` of the call `text`: 8 MiB and what the encoding adds. */
export const TEXT_OUTPUT_BYTES = 9 * 1024 * 1024;
