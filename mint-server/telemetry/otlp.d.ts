/** Values of attributes. */
export type AttributeValue = string | number | boolean | readonly string[];
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;
/** One attribute in OTLP's JSON (Protocol Buffers' JSON mapping; 64-bit integers are strings there). */
export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}
export type AnyValue =
  | {
      readonly stringValue: string;
    }
  | {
      readonly boolValue: boolean;
    }
  | {
      readonly intValue: number;
    }
  | {
      readonly doubleValue: number;
    }
  | {
      readonly arrayValue: {
        readonly values: readonly AnyValue[];
      };
    };
export declare function writeAttributes(attributes: Attributes): KeyValue[];
/** Nanoseconds since the epoch, of milliseconds. */
export declare function nanos(ms: number): string;
/** Who tells. */
export interface Teller {
  /** `service.name`, version and instance. */
  readonly resource: {
    readonly attributes: readonly KeyValue[];
  };
  readonly scope: {
    readonly name: string;
    readonly version: string;
  };
}
