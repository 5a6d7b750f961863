import { describeDrawn } from './suites.js';

describeDrawn(15_000);
