export const newestDictionary = () => null;
