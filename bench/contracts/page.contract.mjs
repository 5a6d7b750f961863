import { call, contract, stream, topic } from '@trunkline/contract';
import { ItemsInput, Message } from '../schemas/message.mjs';
import { smallCall } from '../schemas/small-call.mjs';

const { input, output } = smallCall.member;

/** One call, one stream and one topic: what the page of `client-size` has, and most scenarios. */
export const page = contract('page', {
  greet: call({ input, output }),
  items: stream({ input: ItemsInput, down: Message }),
  news: topic({ message: Message, public: true }),
});
