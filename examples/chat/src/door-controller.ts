import {
  DoorService,
  type DoorHandlers,
  type SignInContext,
  type SignInInput,
  type SignInOutput,
} from './generated/door.server.js';
import { Names } from './names.js';
import './visitor.js';

@DoorService()
export class DoorController implements DoorHandlers {
  constructor(private readonly names: Names) {}

  @DoorService.signIn()
  signIn({ name }: SignInInput, context: SignInContext): SignInOutput {
    if (this.names.claim(context.user.id, name)) return { name };
    throw context.error('NAME_TAKEN', { name, free: this.names.similar(name) });
  }
}
