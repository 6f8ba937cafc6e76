/* SPDX-License-Identifier: Apache-2.0 */
/* `tps factory chip`, a command of `tps factory`: argv[0] is "chip"; returns an exit code. */
#ifndef TPS_CLI_FACTORY_CHIP_H
#define TPS_CLI_FACTORY_CHIP_H

int cli_factory_chip(int argc, char **argv);

#endif
