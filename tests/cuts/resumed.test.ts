import { describeResumed } from './suites.js';

describeResumed(['call', 'asked', 'both', 'topic'], 'up');
describeResumed(['call', 'asked', 'both', 'topic'], 'down');
