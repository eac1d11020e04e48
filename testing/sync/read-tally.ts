/** Counts messages that were read, by what was wrong with them and by what came of them. */
export class ReadTally {
  readonly #counts = new Map<string, Map<string, number>>();

  /** One message was read. `answer`: the code of its refusal, or what else it was answered with. */
  note(fault: string, answer: string, times = 1): void {
    const answers = this.#counts.get(fault) ?? new Map<string, number>();
    this.#counts.set(fault, answers);
    answers.set(answer, (answers.get(answer) ?? 0) + times);
  }

  get total(): number {
    return [...this.#counts.keys()].reduce((sum, fault) => sum + this.of(fault), 0);
  }

  of(fault: string): number {
    return [...(this.#counts.get(fault)?.values() ?? [])].reduce((sum, count) => sum + count, 0);
  }

  /** How many were answered so, whatever was wrong with them. */
  answered(answer: string): number {
    return [...this.#counts.values()].reduce((sum, answers) => sum + (answers.get(answer) ?? 0), 0);
  }
}
