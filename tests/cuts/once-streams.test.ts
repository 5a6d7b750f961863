import { describeOnce } from './suites.js';

describeOnce(['down', 'up', 'both', 'down-superjson', 'both-superjson']);
