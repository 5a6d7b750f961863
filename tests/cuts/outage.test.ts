import { LOST_MS } from './judge.js';
import { describeOutage } from './suites.js';

describeOutage(['call', 'both', 'topic'], 60_000);
describeOutage(['call', 'both', 'repeated', 'topic'], LOST_MS);
