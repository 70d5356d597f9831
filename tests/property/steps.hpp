#pragma once

#include "world.hpp"

// The parts of perform(): each reads a step's numbers.
namespace canaryd::property {

void send_alert(World& world, const Step& step);      // alerts
void change_service(World& world, const Step& step);  // what people and nodes do to a service
void ask_by_hand(World& world, const Step& step);     // the API of canaryd
void edit_state(World& world, const Step& step);      // kubectl edit configmap
void heal_all(World& world);                          // all disturbances end

// A service and its component that the step means; empty when there is no service.
struct Place {
  std::string service;
  std::string component;
  Look look;
};
std::optional<Place> place_of(const World& world, const Step& step);

}  // namespace canaryd::property
