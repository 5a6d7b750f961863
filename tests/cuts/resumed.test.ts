import { describeResumed } from './suites.js';

describeResumed(['call', 'both', 'topic'], 'up');
describeResumed(['call', 'both', 'topic'], 'down');
