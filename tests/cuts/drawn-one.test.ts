import { describeDrawn } from './suites.js';

describeDrawn(4_000);
