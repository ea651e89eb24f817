/**
 * Migrates the tables of durable workflows. It is a thread of its own because DBOS narrates its
 * migrations on the console, and a thread's console can be kept apart.
 */
import { workerData } from "node:worker_threads";
import { DBOS } from "@dbos-inc/dbos-sdk";
import type { MigrateWork } from "./migrate-workflows.ts";

const { ownerUrl, role } = workerData as MigrateWork;
await DBOS.migrate(ownerUrl, { applicationRole: role });
