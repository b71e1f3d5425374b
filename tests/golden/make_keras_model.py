"""Writes model.keras, model.h5 (one model) and model_keras.json (an input and its output), for tests/formats/keras_file.cpp.

  KERAS_BACKEND=torch python3 tests/golden/make_keras_model.py
"""
import json
import pathlib

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(1)
ids = keras.Input((None,), dtype='int32', name='ids')
x = layers.Embedding(6, 4, mask_zero=True, name='words')(ids)
x = layers.Bidirectional(layers.GRU(3, return_sequences=True, reset_after=False, bias_initializer='random_normal'), name='encoder')(x)
x = layers.GRU(3, return_sequences=True, bias_initializer='random_normal')(x)
x = layers.Dropout(.5)(x)
inner = keras.Sequential([keras.Input((None, 3)), layers.Dense(2, activation='tanh', name='deep')], name='inside')
y = layers.LayerNormalization(name='norm')(inner(x))
model = keras.Model(ids, y, name='reader')
folder = pathlib.Path(__file__).parent
model.save(folder / 'model.keras')
flat = keras.Sequential([keras.Input((None,), dtype='int32'), *[layer for layer in model.layers[1:] if layer.name != 'inside'][:3]])
flat.save(folder / 'model.h5')
batch = np.array([[1, 2, 3], [4, 5, 0]], np.int32)
out = keras.ops.convert_to_numpy(model(batch))
(folder / 'model_keras.json').write_text(json.dumps({'ids': batch.tolist(), 'lengths': [3, 2], 'y': out.tolist()}) + '\n')
