import { Message, createMessages } from './message.mjs';

/**
 * A topic whose messages have about so many bytes. Its act `publish` publishes `count` messages
 * from number `from` on, each awaited if `isAwaited`.
 * @param {number} bytes
 */
export const createTopic = (bytes) => {
  const { make, check } = createMessages(bytes);
  const publish = async (server, { from, count, isAwaited = false }) => {
    const published = [];
    for (let seq = from; seq < from + count; seq++) {
      const receipt = server.publish(make(seq));
      if (isAwaited) await receipt;
      else published.push(receipt);
    }
    await Promise.all(published);
  };
  return {
    member: { kind: 'topic', name: 'news', message: Message },
    check,
    acts: { publish },
  };
};
