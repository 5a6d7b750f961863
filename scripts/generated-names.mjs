/**
 * @typedef {object} GeneratedNames
 * @property {readonly string[]} names
 * @property {string} reason
 */

/**
 * Names of doors that only generated code imports, by package. They are public, since users compile
 * generated code, but nobody has to learn them, so they do not make a door wider. A name that
 * people write as well, such as `Handler` or `serviceDecorators`, does not belong here.
 * @type {Readonly<Record<string, GeneratedNames>>}
 */
export const GENERATED_NAMES = {
  server: {
    names: [
      'HandlerContext',
      'HandlerDown',
      'HandlerInput',
      'HandlerOutput',
      'HandlerUp',
      'ServiceDecorators',
      'TopicMessageInput',
      'TopicParams',
      'Topics',
      'TopicsClass',
      'TopicsOf',
    ],
    reason: 'generated servers give what they yield a name of the contract: PostInput, ChatTopics',
  },
  client: {
    names: [
      'CallMethod',
      'DownStreamMethod',
      'DuplexStreamMethod',
      'PublishableTopicMethod',
      'ReadPart',
      'ServiceShape',
      'TopicMethod',
      'UpStreamMethod',
      'WritePart',
      'closeFields',
      'enterFields',
      'failAt',
      'failChoice',
      'failKind',
      'failTag',
      'fieldOf',
      'hasField',
      'kindOf',
      'leaveFields',
      'openFields',
      'readBigint',
      'readBoolean',
      'readBytes',
      'readDate',
      'readDescribed',
      'readElements',
      'readEnum',
      'readInt',
      'readMap',
      'readNoFields',
      'readNull',
      'readNumber',
      'readRecord',
      'readRest',
      'readSet',
      'readState',
      'readText',
      'readTuple',
      'readUndefined',
      'tagOf',
      'writeArray',
      'writeBigint',
      'writeBoolean',
      'writeBytes',
      'writeDate',
      'writeDescribed',
      'writeEntries',
      'writeEnum',
      'writeInt',
      'writeMemberSet',
      'writeNoRest',
      'writeNull',
      'writeNumber',
      'writeRecord',
      'writeRest',
      'writeState',
      'writeText',
      'writeTuple',
      'writeUndefined',
    ],
    reason:
      'generated clients spell out the methods of a service and its codecs with them: ChatClient',
  },
};
