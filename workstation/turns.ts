/** Changes of phase, one at a time in the order they were asked for. */
export interface Turns {
  inTurn<Value>(run: () => Promise<Value>): Promise<Value>;
  /** A turn that no lock before it keeps waiting for the center. */
  inHurry<Value>(run: () => Promise<Value>): Promise<Value>;
  /** Whether somebody may not be kept waiting. */
  isHurried(): boolean;
  /** What ends the present wait for the center; run at once by the next hurried turn. */
  waitingEndsBy(giveUp: () => void): void;
  /** Ends the present wait. */
  stopWaiting(): void;
}

export function createTurns(): Turns {
  let turn: Promise<unknown> = Promise.resolve();
  let hurried = 0;
  let giveUp: () => void = () => undefined;
  const inTurn = <Value>(run: () => Promise<Value>): Promise<Value> => {
    const mine = turn.then(run);
    turn = mine.catch(() => undefined);
    return mine;
  };
  return {
    inTurn,
    inHurry: (run) => {
      hurried += 1;
      giveUp();
      return inTurn(run).finally(() => {
        hurried -= 1;
      });
    },
    isHurried: () => hurried > 0,
    waitingEndsBy: (next) => {
      giveUp = next;
    },
    stopWaiting: () => giveUp(),
  };
}
