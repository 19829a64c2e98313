/**
 * Signs thoughts that came as `reasoning_content`, with the model's name: DeepSeek and others refuse a conversation in which
 * it is missing, and everybody else one in which it is.
 */
export const THOUGHTS = "chat";
