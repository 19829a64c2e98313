/** What signatures of this wire format are marked with. */
export const WIRE = "responses";
