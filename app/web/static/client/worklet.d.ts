/** What an AudioWorkletGlobalScope has, as far as it is used here: TypeScript's own libraries leave it out. */

declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  abstract process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}

declare function registerProcessor(
  name: string,
  processor: new (options: { processorOptions?: any }) => AudioWorkletProcessor,
): void;

/** Hertz of the context. */
declare const sampleRate: number;

/** Seconds of the context's clock at which the block in hand begins. */
declare const currentTime: number;
