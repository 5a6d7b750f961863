import { describeDrawn } from './suites.js';

describeDrawn(10_000);
