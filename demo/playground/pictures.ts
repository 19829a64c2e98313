import type { Picture } from "./types.ts";

/** More pixels cost more tokens and tell models little more. */
const MAX_EDGE = 1024;
const QUALITY = 0.85;

export const MAX_PICTURES = 4;

/** Makes a picture small enough to send. Rejects for what the browser cannot show. */
export async function readPicture(file: File): Promise<Picture> {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, MAX_EDGE / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser draws nothing.");
  // A JPEG has no clear parts: they would turn black.
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  return {
    id: crypto.randomUUID(),
    name: file.name || "pasted picture",
    url: await toDataURL(blob),
    width,
    height,
    sizeBytes: blob.size,
  };
}

function toDataURL(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** The pictures among what was pasted, dropped or picked. */
export function picturesIn(files: FileList | undefined | null): File[] {
  return [...(files ?? [])].filter(({ type }) => type.startsWith("image/"));
}
