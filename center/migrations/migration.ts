/** One step of the tables' shape. Never changed once released; a new step is added instead. */
export interface Migration {
  /** 1, 2, 3 and so on without gaps. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}
