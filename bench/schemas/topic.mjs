import { Message, createMessages } from './message.mjs';

/**
 * A topic whose messages have about so many bytes. Its act `publish` publishes `count` messages
 * from number `from` on, each awaited if `isAwaited`; `refusesWrong` tells
 * whether a wrong message is refused.
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
  const refusesWrong = async (server) => {
    try {
      await server.publish({ ...make(0), seq: 0.5 });
    } catch {
      return true;
    }
    return false;
  };
  return {
    member: { kind: 'topic', name: 'news', message: Message },
    check,
    acts: { publish, refusesWrong },
  };
};
