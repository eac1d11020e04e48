/** What a running PostgreSQL says about itself in `postmaster.pid` (PostgreSQL source, `miscadmin.h`). */
export interface PostmasterFile {
  readonly pid: number;
  readonly dataFolder: string;
  readonly port: number;
}

/** Reads the text of `postmaster.pid`; undefined if it is cut short or strange, as after a power cut. */
export function parsePostmasterFile(text: string): PostmasterFile | undefined {
  const [pid = '', dataFolder = '', , port = ''] = text.split('\n');
  if (!/^\d{1,9}$/.test(pid.trim()) || !/^\d{1,5}$/.test(port.trim()) || dataFolder === '') return undefined;
  return { pid: Number(pid), dataFolder, port: Number(port) };
}
