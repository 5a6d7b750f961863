import { UseGuards } from '@trunkline/server';

class SignedIn {
  canActivated(): boolean {
    return true;
  }
}

@UseGuards(SignedIn)
export class ByClass {}

@UseGuards(() => 'yes')
export class ByFunction {}
