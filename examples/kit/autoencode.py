"""Rows of numbers through a narrow place and back, as autoencode.cpp does it, in Keras 3: python autoencode.py FILE FOLDER"""
import csv, os, sys

import keras
import numpy as np

keras.utils.set_random_seed(1)
with open(sys.argv[1]) as file:
    numbers = np.array([list(map(float, row)) for row in list(csv.reader(file))[1:]], 'float32')
rows = (numbers - numbers.mean(0)) / numbers.std(0, ddof=1)
np.random.shuffle(rows)
seen, held = np.split(rows, [round(0.8 * len(rows))])

width = rows.shape[1]
model = keras.Sequential([
    keras.layers.GaussianNoise(0.1), keras.layers.Dense(32, 'tanh'), keras.layers.Dense(2),
    keras.layers.Dense(32, 'tanh'), keras.layers.Dense(width)])
rate = keras.optimizers.schedules.CosineDecay(5e-3, 600, alpha=0.1)
model.compile(keras.optimizers.Adam(rate), 'mse', metrics=[keras.metrics.RootMeanSquaredError(name='rmse')])
os.makedirs(sys.argv[2], exist_ok=True)
best = f'{sys.argv[2]}/best.weights.h5'
model.fit(
    seen, seen, batch_size=32, epochs=30, validation_data=(held, held),
    callbacks=[keras.callbacks.BackupAndRestore(sys.argv[2] + '/backup', save_freq=20),
               keras.callbacks.ModelCheckpoint(best, 'val_rmse', save_best_only=True, save_weights_only=True)])
model.load_weights(best)
print(f'root mean squared error {model.evaluate(held, held, verbose=0)[1]:.3f}')
