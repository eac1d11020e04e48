type Listener = (...parameters: unknown[]) => void;

/**
 * As much of Node's EventEmitter as PouchDB uses in a browser. Its methods are enumerable on the prototype, because
 * PouchDB copies them from there.
 */
class EventEmitter {
  static listenerCount(emitter: EventEmitter, event: string): number {
    return emitter.listenersOf(event).length;
  }

  // The property stays unset until the first listener: PouchDB's subclasses are created in several ways.
  declare listenersByEvent?: Map<string, Listener[]>;

  listenersOf(event: string): readonly Listener[] {
    return this.listenersByEvent?.get(event) ?? [];
  }
}

const methods = {
  on(this: EventEmitter, event: string, listener: Listener) {
    this.listenersByEvent ??= new Map();
    this.listenersByEvent.set(event, [...this.listenersOf(event), listener]);
    return this;
  },
  once(this: EventEmitter, event: string, listener: Listener) {
    const once: Listener = (...parameters) => {
      methods.removeListener.call(this, event, once);
      listener.apply(this, parameters);
    };
    return methods.on.call(this, event, once);
  },
  removeListener(this: EventEmitter, event: string, listener: Listener) {
    const left = this.listenersOf(event).filter((each) => each !== listener);
    this.listenersByEvent?.set(event, left);
    return this;
  },
  removeAllListeners(this: EventEmitter, event?: string) {
    if (event === undefined) this.listenersByEvent?.clear();
    else this.listenersByEvent?.delete(event);
    return this;
  },
  emit(this: EventEmitter, event: string, ...parameters: unknown[]) {
    const listeners = this.listenersOf(event);
    for (const listener of listeners) listener.apply(this, parameters);
    return listeners.length > 0;
  },
  listeners(this: EventEmitter, event: string) {
    return [...this.listenersOf(event)];
  },
  listenerCount(this: EventEmitter, event: string) {
    return this.listenersOf(event).length;
  },
  setMaxListeners(this: EventEmitter) {
    return this;
  },
};

Object.assign(EventEmitter.prototype, {
  ...methods,
  addListener: methods.on,
  off: methods.removeListener,
});

export default EventEmitter;
