import type * as v from 'valibot';
import type { ErrorCode } from '../errors.ts';
import type { Role } from '../roles.ts';

/** Who may ask: `anyone` also on a locked workstation, otherwise a session with one of the roles. */
export type Audience = 'anyone' | readonly Role[];

/** One request of the screen: what goes in, what comes out, who may ask, and what may go wrong beside the usual. */
export interface RequestContract<Input, Output> {
  readonly input: v.GenericSchema<unknown, Input>;
  readonly output: v.GenericSchema<unknown, Output>;
  readonly audience: Audience;
  readonly errors: readonly ErrorCode[];
}

/** A view that is told again whenever its answer changes. */
export interface LiveViewContract<Input, Output> {
  readonly input: v.GenericSchema<unknown, Input>;
  readonly output: v.GenericSchema<unknown, Output>;
  readonly audience: Audience;
}

export const requestContract = <Input, Output>(
  contract: RequestContract<Input, Output>,
): RequestContract<Input, Output> => contract;

export const viewContract = <Input, Output>(
  contract: LiveViewContract<Input, Output>,
): LiveViewContract<Input, Output> => contract;
