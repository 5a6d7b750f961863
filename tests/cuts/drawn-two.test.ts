import { describeDrawn } from './suites.js';

describeDrawn(25_000);
