/** Views that somebody gave a name, kept in this browser. */

import { keep, kept } from './storage';

export interface SavedView {
  name: string;
  url: string;
}

const KEY = 'tailhook.views';
const MAX = 50;

function read(): SavedView[] {
  try {
    const value: unknown = JSON.parse(kept(KEY) ?? '[]');
    if (!Array.isArray(value)) return [];
    const isView = (each: unknown): each is SavedView =>
      typeof each === 'object' && each !== null && typeof (each as SavedView).name === 'string' && /^\/(\?|$)/.test((each as SavedView).url);
    return value.filter(isView).slice(0, MAX);
  } catch {
    return [];
  }
}

class SavedViews {
  list = $state.raw<SavedView[]>(read());

  /** A name stands for one view. */
  add(name: string, url: string): void {
    this.#set([...this.list.filter((view) => view.name !== name), { name, url }].slice(-MAX));
  }

  remove(name: string): void {
    this.#set(this.list.filter((view) => view.name !== name));
  }

  #set(list: SavedView[]): void {
    this.list = list;
    keep(KEY, JSON.stringify(list));
  }
}

export const saved = new SavedViews();
