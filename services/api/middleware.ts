/** Runs an Express middleware as a step of our own: it resolves where the middleware would go on, and throws what it passes on. */
import type { Request, RequestHandler, Response } from 'express';

export function run(middleware: RequestHandler, request: Request, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    void middleware(request, response, (error?: unknown) => {
      if (error instanceof Error) reject(error);
      else resolve();
    });
  });
}
