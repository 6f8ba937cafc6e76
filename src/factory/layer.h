/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file layer.h
 * What AK_0's chain says of a device that runs a model's latest images, as a signed CoRIM: the reference
 * value of layer R.
 */
#ifndef TPS_FACTORY_LAYER_H
#define TPS_FACTORY_LAYER_H

#include "factory/maker.h"

/**
 * @brief Writes DIR/endorsements/MODEL-layer-HHHHHHHH.dice.corim, named by the beginning of the boot digest.
 *
 * One reference value (triple 0) of the environment vendor, model, layer 1: version of the component,
 * security counter, digests of the component and of the boot log, configured, not being debugged
 * (spec/keys.md, spec/endorsements.md). It holds for devices whose identity names exactly the images that the
 * model has now; who runs another mixture of releases is not endorsed by it. Nothing is written where the
 * same is there already, or the model has no image "component": its devices make no such chain.
 *
 * @param[out] path  Of the file; empty where there is none.
 */
TPS_MUST_USE tps_status factory_endorse_layer(const factory_maker *maker, const char *model,
                                              char path[TPS_FACTORY_PATH_MAX], tps_factory_problem *problem);

#endif
