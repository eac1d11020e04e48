/** The length of every report of a FIDO key, without report id (CTAPHID 11.2.4: full speed HID). */
export const reportLength = 64;

/**
 * One open HID device, reports in and out, nothing known of what they say. Exclusive: whoever opened it is its only user.
 * Implementations: node-hid (access/devices), the virtual key (testing/virtual-key).
 */
export interface HidPipe {
  /** Sends one report of {@link reportLength} bytes. Rejects when the device is gone. */
  write(report: Uint8Array): Promise<void>;
  /** Told each report that comes in, in order. The bytes must not change afterwards. Returns a function that ends it. */
  onReport(told: (report: Uint8Array) => void): () => void;
  /** Told once, when the device is gone (unplugged, read error, closed). Returns a function that ends it. */
  onClosed(told: () => void): () => void;
  /** Lets go of the device. Safe to call twice. */
  close(): Promise<void>;
}
