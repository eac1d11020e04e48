/**
 * Rows of a shipped list: lines of tab-separated columns, `#` begins a remark. Throws on a row that has not exactly
 * `columns` columns, because the file ships with the program.
 */
export function parseShippedLines(text: string, columns: number): readonly (readonly string[])[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const values = line.split('\t');
      if (values.length !== columns)
        throw new Error(`a shipped list has a row without its ${columns} columns`);
      return values;
    });
}
