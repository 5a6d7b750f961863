export { defineConfig, type ImportExtension, type TrunklineConfig } from './config.js';
export { generate, type GenerateOptions, type GenerateResult } from './generate.js';
export { GenerateError } from './generate-error.js';
export type { FileStatus, GeneratedFile } from './output.js';
