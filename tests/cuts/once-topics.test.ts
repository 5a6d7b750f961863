import { describeOnce } from './suites.js';

describeOnce(['topic', 'topic-superjson']);
