import {
  EchoService,
  type EchoHandlers,
  type SayInput,
  type SayOutput,
} from './generated/echo.server.js';

@EchoService()
export class EchoController implements EchoHandlers {
  @EchoService.say()
  say({ text }: SayInput): SayOutput {
    return `Echo: ${text}`;
  }
}
