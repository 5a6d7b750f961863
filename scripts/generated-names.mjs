/**
 * @typedef {object} GeneratedNames
 * @property {readonly string[]} names
 * @property {string} reason
 */

/** What generated codecs are made of, on either side. */
const PACKED_WORDS = [
  'ReadPart',
  'WritePart',
  'closeFields',
  'failAt',
  'failChoice',
  'failKind',
  'failTag',
  'fieldOf',
  'hasField',
  'kindOf',
  'leaveFields',
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
];

/**
 * Names of doors that only generated code imports, by package. They are public, since users compile
 * generated code, but nobody has to learn them, so they do not make a door wider. A name that
 * people write as well, such as `Handler` or `serviceDecorators`, does not belong here.
 * @type {Readonly<Record<string, GeneratedNames>>}
 */
export const GENERATED_NAMES = {
  server: {
    names: [
      'ClientCallInput',
      'ClientCallOutput',
      'ClientCalls',
      'ClientCallsClass',
      'ClientCallsOf',
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
      'useCodecs',
      'acceptLength',
      'acceptNumber',
      'acceptPart',
      'acceptWhole',
      'acceptWritten',
      'readField',
      'setField',
      'writeCheckedInt',
      'writeCheckedNumber',
      'writeCheckedText',
      'writeFilled',
      'writeWhole',
      ...PACKED_WORDS,
    ],
    reason:
      'generated servers give what they yield a name of the contract, and the contract its codecs: PostInput, ChatTopics',
  },
  client: {
    names: [
      'CallMethod',
      'ClientHandler',
      'DownStreamMethod',
      'DuplexStreamMethod',
      'PublishableTopicMethod',
      'ServiceShape',
      'TopicMethod',
      'UpStreamMethod',
      ...PACKED_WORDS,
    ],
    reason:
      'generated clients spell out the methods of a service and its codecs with them: ChatClient',
  },
};
