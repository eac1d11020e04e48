import { expect, it } from 'vitest';
import EventEmitter from './event-emitter.ts';

type Emitting = InstanceType<typeof EventEmitter> & {
  on(event: string, listener: (...parameters: unknown[]) => void): void;
  once(event: string, listener: (...parameters: unknown[]) => void): void;
  emit(event: string, ...parameters: unknown[]): boolean;
  removeListener(event: string, listener: (...parameters: unknown[]) => void): void;
};

const isEmitting = (emitter: InstanceType<typeof EventEmitter>): emitter is Emitting => 'emit' in emitter;

function emitter(): Emitting {
  const made = new EventEmitter();
  if (!isEmitting(made)) throw new Error('the methods are missing');
  return made;
}

it('tells each listener, once where asked, until it is removed', () => {
  const events = emitter();
  const heard: unknown[] = [];
  const listen = (value: unknown) => heard.push(value);
  events.on('change', listen);
  events.once('change', (value) => heard.push(`once ${value}`));
  expect(events.emit('change', 1)).toBe(true);
  events.emit('change', 2);
  events.removeListener('change', listen);
  expect(events.emit('change', 3)).toBe(false);
  expect(heard).toEqual([1, 'once 1', 2]);
});

it('shows its methods to those who copy them, and counts listeners', () => {
  expect(Object.keys(EventEmitter.prototype)).toEqual(expect.arrayContaining(['on', 'emit', 'listeners']));
  const events = emitter();
  events.on('a', () => undefined);
  expect(EventEmitter.listenerCount(events, 'a')).toBe(1);
});
